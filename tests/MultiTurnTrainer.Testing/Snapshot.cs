using System.Runtime.CompilerServices;
using Xunit;

namespace MultiTurnTrainer.Testing;

/// <summary>
/// Compares a text with <c>Snapshots/NAME.txt</c> beside the calling test. <c>MTT_UPDATE_SNAPSHOTS=1</c> writes it
/// instead, to be read before it is committed.
/// </summary>
public static class Snapshot
{
    /// <summary>Fails the test when the text differs from the stored one, or when none is stored.</summary>
    public static void Match(string name, string text, [CallerFilePath] string caller = "")
    {
        // Deterministic builds map the caller's path to /mtt/; turn it back.
        string source = caller.StartsWith("/mtt/", StringComparison.Ordinal)
            ? System.IO.Path.Combine(Repository.Root, caller["/mtt/".Length..])
            : caller;
        string path = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(source)!, "Snapshots", name + ".txt");
        if (Environment.GetEnvironmentVariable("MTT_UPDATE_SNAPSHOTS") == "1")
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }

        Assert.True(File.Exists(path), $"no snapshot {path}; run with MTT_UPDATE_SNAPSHOTS=1 and read what it writes");
        Assert.Equal(File.ReadAllText(path), text);
    }
}
