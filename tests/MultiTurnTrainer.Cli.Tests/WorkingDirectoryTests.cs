using System.Diagnostics;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>Nothing that lies in the current folder is run or loaded, whatever PATH and its like say.</summary>
public sealed class WorkingDirectoryTests : IDisposable
{
    private static readonly string[] _programs =
    [
        "python3",
        "python",
        "g++",
        "c++",
        "cc",
        "gcc",
        "as",
        "ld",
        "ldconfig",
        "nvidia-smi",
        "sh",
        "bash",
        "env",
        "dirname",
        "dotnet",
    ];

    private static readonly string[] _libraries = ["libzstd.so.1", "libcuda.so.1", "libnvrtc.so.12", "libc10.so"];

    private readonly TempFolder _folder = new();

    public WorkingDirectoryTests()
    {
        foreach (string name in _programs)
        {
            Plant.Script(_folder[name], $"echo {name} >> '{_folder["ran"]}'");
        }

        foreach (string name in _libraries)
        {
            _folder.Write(name, "not a library");
        }

        _folder.Write("torch/__init__.py", $"open('{_folder["ran"]}', 'a').write('torch')");
        _folder.Write("torch/include/ATen/ATen.h", "");
        _folder.Write("torch/lib/libtorch_cpu.so", "not a library");
        _folder.Write("sitecustomize.py", $"open('{_folder["ran"]}', 'a').write('sitecustomize')");
    }

    public static TheoryData<string, string> Paths =>
        new()
        {
            { "PATH", ".:{old}" },
            { "PATH", ":{old}" },
            { "PATH", "/proc/self/cwd:./:..:{old}:" },
            { "PYTHONPATH", "." },
            { "LD_LIBRARY_PATH", ":/usr/lib:." },
        };

    [Theory]
    [MemberData(nameof(Paths))]
    public void Doctor_AmongPlantedPrograms_RunsNoneOfThem(string variable, string value)
    {
        ProcessStartInfo start = new(Repository.Mtt, ["doctor"]) { WorkingDirectory = _folder.Path };
        start.Environment[variable] = value.Replace("{old}", Environment.GetEnvironmentVariable("PATH"));
        start.Environment["MTT_CACHE"] = _folder["cache"];
        start.Environment["CXX"] = "/bin/false";

        string told = Output(start);

        Assert.False(File.Exists(_folder["ran"]), told);
        Assert.DoesNotContain($"{_folder.Path}/torch", told, StringComparison.Ordinal);
        Assert.Contains("compiler  /bin/false (CXX)", told, StringComparison.Ordinal);
        Assert.Equal(variable == "PATH", told.Contains("warning   PATH", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(":")]
    [InlineData(".:/usr/lib")]
    [InlineData("/usr/lib:")]
    [InlineData("lib:/usr/lib")]
    public void Setup_WithAnEmptyEntryForTheLoader_LoadsLibtorchFromItsOwnPlaceAndKeepsTheArguments(string path)
    {
        // Among the planted files is one that libtorch needs, under the name that the loader looks for.
        string[] needed = ["libc10.so.1.13", "libtorch_cpu.so.1.13", "libopenblas.so.0", "libgomp.so.1"];
        Array.ForEach(needed, name => _folder.Write(name, "not a library"));
        _folder.Write("a b.jsonl", "");
        ProcessStartInfo setup = new(Repository.Mtt, ["setup"]) { WorkingDirectory = _folder.Path };
        ProcessStartInfo stats = new(Repository.Mtt, ["validate", "a b.jsonl", "", "é"])
        {
            WorkingDirectory = _folder.Path,
        };
        setup.Environment["LD_LIBRARY_PATH"] = path;
        string plain = Output(stats);
        stats.Environment["LD_LIBRARY_PATH"] = path;

        Assert.StartsWith("libtorch ", Output(setup), StringComparison.Ordinal);
        Assert.Equal(plain, Output(stats));
    }

    [Theory]
    [InlineData("MTT_LIBTORCH", "torch")]
    [InlineData("MTT_LIBTORCH", "./torch")]
    [InlineData("MTT_LIBTORCH", "/proc/self/cwd/torch")]
    [InlineData("CXX", "./g++")]
    [InlineData("MTT_CACHE", "cache")]
    public void Doctor_WithARelativePathInAVariable_NamesItAndRunsNothing(string variable, string value)
    {
        ProcessStartInfo start = new(Repository.Mtt, ["doctor"]) { WorkingDirectory = _folder.Path };
        start.Environment["MTT_CACHE"] = _folder["cache"];
        start.Environment["CXX"] = "/bin/false";
        start.Environment[variable] = value;

        string told = Output(start);

        Assert.Contains($"{variable}={value}: is a relative path", told, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["ran"]), told);
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData("", "")]
    [InlineData(":", "")]
    [InlineData(".", "")]
    [InlineData("./", "")]
    [InlineData("..", "")]
    [InlineData("lib", "")]
    [InlineData("lib:lib64", "")]
    [InlineData("~/lib", "")]
    [InlineData("*", "")]
    [InlineData(" /opt/lib", "")]
    [InlineData("/opt/lib", "/opt/lib")]
    [InlineData("/opt/lib:", "/opt/lib")]
    [InlineData(":/opt/lib", "/opt/lib")]
    [InlineData("/opt/lib::/opt/b", "/opt/lib:/opt/b")]
    [InlineData(".:/opt/lib:/opt/b", "/opt/lib:/opt/b")]
    [InlineData("/opt/lib:.:/opt/b", "/opt/lib:/opt/b")]
    [InlineData("/opt/lib:/opt/b:.", "/opt/lib:/opt/b")]
    [InlineData("/opt/my libs:lib", "/opt/my libs")]
    [InlineData("/opt/*:lib", "/opt/*")]
    [InlineData("/opt/$(id):lib", "/opt/$(id)")]
    public void Launcher_WithALibraryPath_KeepsItsAbsoluteEntriesAndTheArguments(string? given, string kept)
    {
        // The launcher in a checkout of its own, whose mtt says what it was given.
        string launcher = _folder["checkout/mtt"];
        Directory.CreateDirectory(_folder["checkout"]);
        File.Copy(Path.Combine(Repository.Root, "mtt"), launcher);
        Plant.Script(
            _folder["checkout/artifacts/bin/MultiTurnTrainer.Cli/release/mtt"],
            "printf '%s|' \"$LD_LIBRARY_PATH\" \"$@\""
        );
        ProcessStartInfo start = new(launcher, ["mask", "a b", "*", ""]) { WorkingDirectory = _folder.Path };
        start.Environment["PATH"] = ".::";
        start.Environment["CDPATH"] = ".";
        start.Environment["LD_LIBRARY_PATH"] = given;

        Assert.Equal($"{kept}|mask|a b|*||", Output(start));
        Assert.False(File.Exists(_folder["ran"]));
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private static string Output(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output + errors.Result;
    }
}
