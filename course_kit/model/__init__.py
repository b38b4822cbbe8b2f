"""The pure core: no clock, disk, kernel or network. Import its modules by name."""
