"""From a trained Qwen2.5-VL folder to the ONNX files that the app runs, checked against PyTorch."""
