"""The guard's own decoders, one for each wire, independent of the drivers."""
