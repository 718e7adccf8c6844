"""Projects of a programme, from approval to closure, and the quarters, rounds and obligations by which they are followed."""
