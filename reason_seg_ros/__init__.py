"""Reasoning segmentation for robots: an instruction and an RGB-D frame in, 3D instances out."""

from pkgutil import extend_path

__version__ = "0.1.0"

# The generated messages lie in the installed package: find them also where this one is imported from its sources.
__path__ = extend_path(__path__, __name__)
