"""The pretrained models that training starts from, one file for each kind of place they come from."""
