"""Public checks: one module per lab, named after its folder (`labs/02_explode`: `lab_02_explode`).

They are part of the package because a running kernel cannot see its notebook file: in Colab the
package is all there is beside the notebook.
"""
