"""Live figures: `explore` answers in a page without a kernel, `workbench` trains with one.

Knows pictures and controls, nothing of a page: what turns a stored figure into HTML stands in
`book/ext/`. Imports `lmlab.figures`, and no Keras.
"""

from lmlab.live.controls import Choice, Number, Slider, counted
from lmlab.live.explore import explore
from lmlab.live.workbench import workbench

__all__ = ["Choice", "Number", "Slider", "counted", "explore", "workbench"]
