using Xunit;

namespace MultiTurnTrainer.Testing;

/// <summary>The shared test material: <c>../shared</c> beside the repository, or where <c>MTT_SHARED</c> points.</summary>
public static class SharedData
{
    /// <summary>The folder <c>shared/data</c>, or null where it is absent.</summary>
    public static string? Root { get; } = Find();

    /// <summary>A path below <c>shared/data</c>; the test is skipped, with the reason, where that is absent.</summary>
    public static string Path(params string[] parts)
    {
        if (Root is null)
        {
            // Not Assert.Skip's caller's fault: the material may not be redistributed.
            Assert.Skip("needs ../shared/data (set MTT_SHARED to point to it)");
        }

        return System.IO.Path.Combine([Root, .. parts]);
    }

    private static string? Find()
    {
        string? named = Environment.GetEnvironmentVariable("MTT_SHARED");
        string shared = named is { Length: > 0 } ? named : System.IO.Path.Combine(Repository.Root, "..", "shared");
        string data = System.IO.Path.GetFullPath(System.IO.Path.Combine(shared, "data"));
        return Directory.Exists(data) ? data : null;
    }
}
