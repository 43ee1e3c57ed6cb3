// Folder Start: part of every program over TorchSharp's packages, compiled into it.
// Refuses to know: what the program does.
using MultiTurnTrainer.LibTorch.Providers;

namespace MultiTurnTrainer;

/// <summary>Before the program's first line: TorchSharp loads its libraries as soon as one of its classes is touched.</summary>
internal static class ProgramStart
{
    [System.Runtime.CompilerServices.ModuleInitializer]
    internal static void Prepare() => TorchRuntime.Prepare();
}
