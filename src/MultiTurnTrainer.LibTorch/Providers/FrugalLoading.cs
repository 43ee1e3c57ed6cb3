using MultiTurnTrainer.LibTorch.Loading;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>Loads a model's weights so that little else stays beside them.</summary>
public static class FrugalLoading
{
    /// <summary>
    /// Gives back what was read before (tokenizers, data), loads, and gives back what loading took, and the pages of code that starting and
    /// loading ran.
    /// </summary>
    /// <param name="load">Loads the weights.</param>
    public static T Run<T>(Func<T> load)
    {
        TorchRuntime.Load();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        T loaded = load();
        NativeEnvironment.TrimFreedMemory();
        LoadedLibraries.Release();
        return loaded;
    }
}
