//! Streams: bulk data to and from a driver.
