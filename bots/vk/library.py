"""vkbottle, kept from changing how the whole process shows warnings and logs."""

import logging
import warnings

with warnings.catch_warnings():
    # Its import puts a function of its own in the place of warnings.showwarning.
    from vkbottle import API, Callback, Keyboard, KeyboardButtonColor, Location, OpenLink

logging.getLogger("vkbottle").handlers.clear()

__all__ = ("API", "Callback", "Keyboard", "KeyboardButtonColor", "Location", "OpenLink")
