//! Consoles, channels, screenshots, keys, graphics.
