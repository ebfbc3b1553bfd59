//! What a person sees for each mistake in a config.
