//! Statistics: CPU, memory, block, interface, and the grouped form.
