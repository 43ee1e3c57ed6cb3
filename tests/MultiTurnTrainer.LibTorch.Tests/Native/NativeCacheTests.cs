using System.Diagnostics;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.LibTorch.Native;

namespace MultiTurnTrainer.LibTorch.Tests.Native;

/// <summary>What is loaded from the native cache is what was built there, by this user.</summary>
public sealed class NativeCacheTests : IDisposable
{
    private readonly CacheFixture _cache = new();

    /// <summary>Ways in which a library is not what was built, by <see cref="Damage"/>.</summary>
    public static TheoryData<string> Damages =>
        [
            "library: nothing",
            "library: an empty file",
            "library: a file",
            "library: a folder",
            "library: a full folder",
            "library: a pipe",
            "library: a link to a file",
            "library: a link that leads nowhere",
            "library: a link to itself",
            "hash: nothing",
            "hash: an empty file",
            "hash: a file",
            "hash: a folder",
            "hash: a pipe",
            "hash: a link to a file",
            "hash: a link that leads nowhere",
            "place: nothing",
            "place: a file",
            "place: an empty file",
            "place: a folder",
            "place: a pipe",
            "place: a link to a folder",
            "place: a link that leads nowhere",
            "truncated",
            "longer",
            "one bit",
            "same size",
            "linked to a copy",
            "place linked to a copy",
            "hash of another file",
            "hash without a name",
            "library of another user",
            "hash of another user",
            "place of another user",
            "library that others may write",
            "place that others may write",
        ];

    [Theory]
    [MemberData(nameof(Damages))]
    public void Ensure_OfALibraryThatIsNotAsBuilt_BuildsItAgain(string damage)
    {
        _cache.AssertServes();
        Damage(damage);

        _cache.AssertServes();
        Assert.Equal(2, _cache.Compilations);
        _cache.AssertServes();
        Assert.Equal(2, _cache.Compilations);
    }

    [Theory]
    [InlineData("native: a file")]
    [InlineData("native: a pipe")]
    [InlineData("native: a link to a folder")]
    [InlineData("native: a link that leads nowhere")]
    [InlineData("native: 777")]
    [InlineData("native: 770")]
    [InlineData("native: 707")]
    [InlineData("native: 720")]
    [InlineData("native: 702")]
    [InlineData("native: 1777")]
    [InlineData("native: another user")]
    [InlineData("cache: a file")]
    [InlineData("cache: a pipe")]
    [InlineData("cache: 777")]
    [InlineData("cache: 770")]
    [InlineData("cache: 722")]
    [InlineData("cache: another user")]
    [InlineData("MTT_CACHE=cache")]
    [InlineData("MTT_CACHE=./cache")]
    [InlineData("MTT_CACHE=../cache")]
    [InlineData("MTT_CACHE=~/.cache")]
    [InlineData("MTT_CACHE=/proc/self/cwd/cache")]
    [InlineData("lock: a link to a file")]
    [InlineData("lock: a link that leads nowhere")]
    [InlineData("lock: a folder")]
    [InlineData("lock: a pipe")]
    public void Ensure_InACacheOfOthers_IsRefusedWithoutCompiling(string state)
    {
        (string subject, string what) = Split(state);
        string path =
            subject == "native" ? _cache.Native
            : subject == "lock" ? Path.Combine(_cache.Native, "lock")
            : _cache.Folder["cache"];
        if (subject.StartsWith("MTT_CACHE", StringComparison.Ordinal))
        {
            Environment.SetEnvironmentVariable("MTT_CACHE", subject["MTT_CACHE=".Length..]);
        }
        else if (what == "another user" || char.IsAsciiDigit(what[0]))
        {
            _cache.AssertServes();
            Change(path, what);
        }
        else
        {
            string parent = Path.GetDirectoryName(path)!;
            Directory.CreateDirectory(parent);
            Plant.Mode(parent, "700");
            Plant.At(path, what);
        }

        int before = _cache.Compilations;
        MttException problem = Assert.Throws<MttException>(() => NativeCache.Ensure(_cache.Installation));

        Assert.Contains(subject == "lock" ? _cache.Native : subject[..5], problem.Message, StringComparison.Ordinal);
        Assert.NotNull(problem.Remedy);
        Assert.Equal(before, _cache.Compilations);
        Plant.AssertUntouched(path, what);
    }

    [Theory]
    [InlineData("native: 755")]
    [InlineData("native: 750")]
    [InlineData("native: 711")]
    [InlineData("cache: 755")]
    [InlineData("cache: 1777")]
    public void Ensure_InAFolderThatOthersMayOnlyRead_KeepsItAndClosesIt(string state)
    {
        (string subject, string what) = Split(state);
        _cache.AssertServes();
        Change(subject == "native" ? _cache.Native : _cache.Folder["cache"], what);

        _cache.AssertServes();
        Assert.Equal(1, _cache.Compilations);
        Assert.Equal(0x41C0, PosixFile.Status(_cache.Native, follow: false)?.Mode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("printf half > \"$out\"")]
    [InlineData("printf '%s' 'the library as it was built' > \"$out\"")]
    [InlineData("mkdir -p ../native; printf x > \"$out.sha256\"; printf y > \"$out\"")]
    [InlineData(
        "printf '%s' 'the library as it was built' > \"$out\"; (cd \"${out%/*}\"; sha256sum libmtt_torch.so > libmtt_torch.so.sha256)"
    )]
    public void Ensure_AfterABuildThatWasKilled_BuildsAnew(string done)
    {
        _cache.Compiler($"{done}\nkill -KILL $PPID");
        MttResult killed = MttProcess.Run(_cache.Folder.Path, ["setup"]);
        Assert.NotEqual(0, killed.ExitCode);
        Assert.False(File.Exists(_cache.Library));

        _cache.Compiler($"printf '%s' '{CacheFixture.Text}' > \"$out\"");
        _cache.AssertServes();
    }

    [Theory]
    [InlineData("exit 1")]
    [InlineData("echo 'x.cpp:1: error: no such thing' >&2; exit 1")]
    [InlineData("printf half > \"$out\"; exit 1")]
    [InlineData("exit 0")]
    [InlineData("kill -SEGV $$")]
    public void Ensure_WithACompilerThatFails_LeavesNothingToLoad(string script)
    {
        _cache.Compiler(script);
        MttException problem = Assert.Throws<MttException>(() => NativeCache.Ensure(_cache.Installation));

        Assert.Contains("does not compile", problem.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_cache.Place));
        Assert.DoesNotContain(
            CacheFixture.Names(_cache.Native),
            name => name!.StartsWith("build-", StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData("c++")]
    [InlineData("./c++")]
    [InlineData("/no/such/c++")]
    [InlineData("../c++")]
    public void Ensure_WithoutAUsableCompiler_SaysSo(string compiler)
    {
        string before = Environment.GetEnvironmentVariable("PATH")!;
        Environment.SetEnvironmentVariable("CXX", compiler);
        Environment.SetEnvironmentVariable("PATH", $".:{Path.GetRelativePath(".", _cache.Folder.Path)}:");
        try
        {
            Assert.Throws<MttException>(() => NativeCache.Ensure(_cache.Installation));
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", before);
        }

        Assert.Equal(0, _cache.Compilations);
    }

    [Fact]
    public void Compiler_SeesTheRootFolderAndFewVariables()
    {
        Environment.SetEnvironmentVariable("CPATH", ".");
        Environment.SetEnvironmentVariable("COMPILER_PATH", ".");
        _cache.Compiler($"{{ pwd; env; }} > '{_cache.Folder["seen"]}'; printf '%s' '{CacheFixture.Text}' > \"$out\"");
        _cache.AssertServes();

        string seen = File.ReadAllText(_cache.Folder["seen"]);
        Assert.StartsWith("/\n", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("CPATH", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("COMPILER_PATH", seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Setup_ThreeTimesAtOnce_BuildsOnceAndServesAll()
    {
        // The compiler hands out the library that this machine's tests use, so that all three can load it, and makes no stand-ins.
        Environment.SetEnvironmentVariable("MTT_CACHE", null);
        Environment.SetEnvironmentVariable("MTT_LIBTORCH", null);
        Environment.SetEnvironmentVariable("CXX", null);
        LibTorch.Installations.LibTorchInstallation found = LibTorch.Installations.LibTorchInstallation.Find();
        string real = NativeCache.Ensure(found);
        Environment.SetEnvironmentVariable("MTT_CACHE", _cache.Folder["cache"]);
        _cache.Compiler($"case $out in *libmtt_torch.so) sleep 1; cp '{real}' \"$out\" ;; *) exit 1 ;; esac");

        Process[] runs = [.. Enumerable.Range(0, 3).Select(_ => MttProcess.Start(_cache.Folder.Path, "setup"))];
        foreach (Process run in runs)
        {
            string errors = await run.StandardError.ReadToEndAsync();
            await run.WaitForExitAsync();
            Assert.True(run.ExitCode == 0, errors);
            run.Dispose();
        }

        int refused = Math.Min(1, StandIns.Of(found).Length);
        Assert.Equal(1 + refused, _cache.Compilations);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(32)]
    [InlineData(48)]
    [InlineData(64)]
    [InlineData(96)]
    [InlineData(128)]
    [InlineData(192)]
    public void Setup_OnAFullDisk_SaysSoAndLeavesNothingToLoad(int kilobytes)
    {
        Environment.SetEnvironmentVariable("MTT_CACHE", _cache.Folder["disk/cache"]);
        _cache.Compiler("head -c 300000 /dev/zero > \"$out\"");

        MttResult result = SmallDisk.Run(_cache.Folder, kilobytes, "setup");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("the disk is full", result.Error, StringComparison.Ordinal);
        Assert.Contains("  hint: ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(SmallDisk.Left(result), path => path.EndsWith(".so", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(64)]
    [InlineData(128)]
    [InlineData(256)]
    public void Setup_OnADiskThatTheRealCompilerFills_SaysSo(int kilobytes)
    {
        Environment.SetEnvironmentVariable("MTT_CACHE", _cache.Folder["disk/cache"]);
        _cache.Compiler("echo 'char big[150000] = {1};' | g++ -x c++ -fPIC -shared - -o \"$out\"");

        MttResult result = SmallDisk.Run(_cache.Folder, kilobytes, "setup");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("the disk is full", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(SmallDisk.Left(result), path => path.EndsWith(".so", StringComparison.Ordinal));
    }

    /// <inheritdoc/>
    public void Dispose() => _cache.Dispose();

    private static (string Subject, string What) Split(string state)
    {
        int at = state.IndexOf(": ", StringComparison.Ordinal);
        return at < 0 ? (state, "") : (state[..at], state[(at + 2)..]);
    }

    private static void Change(string path, string mode)
    {
        if (mode == "another user")
        {
            Plant.GiveAway(path);
        }
        else
        {
            Plant.Mode(path, mode);
        }
    }

    private void Damage(string damage)
    {
        (string subject, string what) = Split(damage);
        string hash = _cache.Library + ".sha256";
        string path =
            subject == "hash" ? hash
            : subject == "place" ? _cache.Place
            : _cache.Library;
        if (what.Length > 0)
        {
            Plant.Run("rm", "-r", path);
            Plant.At(path, what);
            return;
        }

        switch (damage)
        {
            case "truncated":
                File.WriteAllText(path, CacheFixture.Text[..10]);
                break;
            case "longer":
                File.AppendAllText(path, "\0");
                break;
            case "one bit":
                File.WriteAllText(path, "u" + CacheFixture.Text[1..]);
                break;
            case "same size":
                File.WriteAllText(path, new string('x', CacheFixture.Text.Length));
                break;
            case "linked to a copy":
                File.Move(path, _cache.Folder["copy"]);
                File.CreateSymbolicLink(path, _cache.Folder["copy"]);
                break;
            case "place linked to a copy":
                Directory.Move(_cache.Place, _cache.Folder["copy"]);
                File.CreateSymbolicLink(_cache.Place, _cache.Folder["copy"]);
                break;
            case "hash of another file":
                File.WriteAllText(hash, $"{ContentHash.Of("another"u8)}  libmtt_torch.so\n");
                break;
            case "hash without a name":
                File.WriteAllText(hash, ContentHash.OfFile(path));
                break;
            case "library of another user":
                Plant.GiveAway(path);
                break;
            case "hash of another user":
                Plant.GiveAway(hash);
                break;
            case "place of another user":
                Plant.GiveAway(_cache.Place);
                break;
            case "library that others may write":
                Change(path, "777");
                break;
            default:
                Change(_cache.Place, "777");
                break;
        }
    }
}
