using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace MultiTurnTrainer.Testing;

/// <summary>A folder that is a small disk, which a test fills and empties; needs the right to mount.</summary>
public sealed class TinyDisk : IDisposable
{
    private readonly TempFolder _folder = new();

    /// <summary>Mounts it; skips the test where that is not allowed.</summary>
    public TinyDisk(int megabytes)
    {
        string size = string.Create(CultureInfo.InvariantCulture, $"size={megabytes}m");
        if (Run("mount", "-t", "tmpfs", "-o", size, "tmpfs", _folder.Path) != 0)
        {
            _folder.Dispose();
            Assert.Skip("needs the right to mount a small tmpfs");
        }
    }

    /// <summary>Its folder.</summary>
    public string Path => _folder.Path;

    private string Filler => System.IO.Path.Combine(Path, "filler");

    /// <summary>Leaves no byte free.</summary>
    public void Fill()
    {
        using FileStream filler = new(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1);
        byte[] zeros = new byte[4096];
        try
        {
            while (true)
            {
                filler.Write(zeros);
            }
        }
        catch (IOException)
        {
            // It is full.
        }
    }

    /// <summary>Makes room again.</summary>
    public void Free() => File.Delete(Filler);

    public void Dispose()
    {
        Run("umount", "-l", _folder.Path);
        _folder.Dispose();
    }

    private static int Run(string program, params string[] args)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(program, args) { RedirectStandardError = true, RedirectStandardOutput = true }
        )!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
