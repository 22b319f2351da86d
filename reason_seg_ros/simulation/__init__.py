"""A simulated RGB-D camera over sampled scenes, with ground truth and instructions made from it."""
