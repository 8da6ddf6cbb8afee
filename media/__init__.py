"""Files: what contacts send is fetched and kept, what we send is at hand for every messenger."""
