namespace MultiTurnTrainer.Testing;

/// <summary>Where this checkout and the built tool lie.</summary>
public static class Repository
{
    /// <summary>The folder that holds <c>MultiTurnTrainer.sln</c>.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>What <c>MTT_TESTED</c> names, else the built <c>mtt</c> of the same configuration as the running tests.</summary>
    public static string Mtt { get; } =
        Environment.GetEnvironmentVariable("MTT_TESTED")
        ?? System.IO.Path.Combine(
            Root,
            "artifacts/bin/MultiTurnTrainer.Cli",
            new DirectoryInfo(AppContext.BaseDirectory).Name,
            "mtt"
        );

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "MultiTurnTrainer.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests run outside the repository.");
    }
}
