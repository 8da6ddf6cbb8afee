"""The double of Viber's bots: the REST API, its callbacks and what a person does on the phone."""
