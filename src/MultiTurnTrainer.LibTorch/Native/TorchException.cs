namespace MultiTurnTrainer.LibTorch.Native;

/// <summary>libtorch refused: the operator's name and libtorch's own message.</summary>
/// <param name="operation">The operator, such as <c>aten::mm</c>.</param>
/// <param name="message">libtorch's message, without its C++ back trace.</param>
/// <param name="inner">The exception a managed backward threw, where that is the cause.</param>
public sealed class TorchException(string operation, string message, Exception? inner = null)
    : ExternalException($"{operation}: {message}", inner) { }
