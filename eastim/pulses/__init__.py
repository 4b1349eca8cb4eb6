"""Values of pulsing: shape, train, program, modes, levels. Standard library only."""
