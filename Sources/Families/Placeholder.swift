// Rooms fill up as they are built.
