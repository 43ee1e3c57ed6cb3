using System.Diagnostics;
using Xunit;

namespace MultiTurnTrainer.Testing;

/// <summary>Puts at a path what somebody else may have left there.</summary>
public static class Plant
{
    /// <summary>Something by its description, such as <c>a pipe</c>; what a link leads to lies beside it as <c>NAME.victim</c>.</summary>
    public static void At(string path, string what)
    {
        string victim = Victim(path);
        switch (what)
        {
            case "nothing":
                break;
            case "a folder":
                Directory.CreateDirectory(path);
                break;
            case "a full folder":
                Directory.CreateDirectory(path);
                File.WriteAllText(Path.Combine(path, "file"), "another's");
                break;
            case "an empty file":
                File.WriteAllText(path, "");
                break;
            case "a file" or "a file that nobody may run":
                File.WriteAllText(path, "another's");
                break;
            case "a pipe":
                Run("mkfifo", path);
                break;
            case "a link to a file":
                File.WriteAllText(victim, "precious");
                File.CreateSymbolicLink(path, victim);
                break;
            case "a hard link to a file":
                File.WriteAllText(victim, "precious");
                Run("ln", victim, path);
                break;
            case "a link to a folder":
                Directory.CreateDirectory(victim);
                File.CreateSymbolicLink(path, victim);
                break;
            case "a link to a pipe":
                Run("mkfifo", victim);
                File.CreateSymbolicLink(path, victim);
                break;
            case "a link to a device":
                File.CreateSymbolicLink(path, "/dev/null");
                break;
            case "a link that leads nowhere":
                File.CreateSymbolicLink(path, victim);
                break;
            case "a link to itself":
                File.CreateSymbolicLink(path, path);
                break;
            default:
                throw new ArgumentException($"what is {what}?", nameof(what));
        }
    }

    /// <summary>Fails the test where something was written through a link, or made where it leads.</summary>
    public static void AssertUntouched(string path, string what)
    {
        string victim = Victim(path);
        if (what == "a link that leads nowhere")
        {
            Assert.False(File.Exists(victim), $"{victim} was made");
        }
        else if (what is "a link to a file" or "a hard link to a file")
        {
            Assert.Equal("precious", File.ReadAllText(victim));
        }
        else if (what == "a link to a folder")
        {
            Assert.Empty(Directory.GetFileSystemEntries(victim));
        }
    }

    /// <summary>Gives a file to another user; skips the test where that is not allowed.</summary>
    public static void GiveAway(string path)
    {
        if (Environment.UserName != "root")
        {
            Assert.Skip("needs root, to give a file to another user");
        }

        Run("chown", "-h", "65534", path);
    }

    /// <summary>Writes a shell script that can be run and returns its path.</summary>
    public static string Script(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, $"#!/bin/sh\n{text}\n");
        Mode(path, "700");
        return path;
    }

    /// <summary>Sets permissions, such as <c>700</c>.</summary>
    public static void Mode(string path, string octal)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32(octal, 8));
        }
    }

    /// <summary>Runs a program of the system; fails the test where it fails.</summary>
    public static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private static string Victim(string path) => path + ".victim";
}
