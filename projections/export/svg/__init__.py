"""Plots of the record as SVG: plain text, made of a patient's course alone, the same bytes for the same record."""
