namespace MultiTurnTrainer.Benchmarks;

/// <summary>The shared material: <c>MTT_SHARED</c>, or the folder <c>shared</c> beside the repository.</summary>
internal static class SharedFolder
{
    /// <summary>A path in its folder of data.</summary>
    public static string Data(params string[] parts)
    {
        string? root = Environment.GetEnvironmentVariable("MTT_SHARED");
        DirectoryInfo? folder = new(Environment.CurrentDirectory);
        while (root is null && folder is not null)
        {
            string beside = Path.Combine(folder.FullName, "shared");
            root = Directory.Exists(Path.Combine(beside, "data")) ? beside : null;
            folder = folder.Parent;
        }

        return Path.Combine([root ?? throw new DirectoryNotFoundException("set MTT_SHARED"), "data", .. parts]);
    }
}
