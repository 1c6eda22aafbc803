"""The parts of the second reader; larder_reader.py says what it is for."""
