//! `virterror.h`: errors.
