"""From a mask and depth to a clean 3D instance, and ids that last."""
