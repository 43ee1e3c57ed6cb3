using System.CommandLine.Invocation;

namespace MultiTurnTrainer.Cli;

/// <summary><c>mtt --version</c>: this build and its commit, and the libtorch it would load.</summary>
internal sealed class VersionText : SynchronousCommandLineAction
{
    /// <summary>The version and, where it was built in a checkout, the commit.</summary>
    public static string Own { get; } = Describe();

    /// <inheritdoc/>
    public override bool Terminating => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parsed)
    {
        Console.Out.WriteLine(Own);
        Console.Out.WriteLine($"libtorch {Printable.Line(LibTorchLine())}");
        return ExitCode.Done;
    }

    private static string LibTorchLine()
    {
        try
        {
            return LibTorchInstallation.TryFind() is { } found
                ? $"{found.Version ?? "of unknown version"} ({found.Origin}: {found.Libraries})"
                : "none: mtt doctor says what to install";
        }
        catch (MttException problem)
        {
            return $"none: {problem.Message}";
        }
    }

    private static string Describe()
    {
        string? informational = typeof(VersionText)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion;
        return informational?.Split('+') is [_, { Length: >= 12 } commit]
            ? $"mtt {Manifest.ToolVersion} (commit {commit[..12]})"
            : $"mtt {Manifest.ToolVersion}";
    }
}
