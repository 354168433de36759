"""Writing posts: the sampler, streaming, the filters that look at each text, the index of what may not be copied."""
