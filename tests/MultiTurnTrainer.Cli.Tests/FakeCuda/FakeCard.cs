using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MultiTurnTrainer.Cli.Tests.FakeCuda;

/// <summary>The CUDA machine of fake_cuda.cpp: built once, and <c>mtt</c> run on it.</summary>
public sealed class FakeCard : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Lazy<string> _library = new(Build);

    /// <summary>What operators, kernels and transfers the last run had, by name.</summary>
    public Dictionary<string, long> Counts { get; private set; } = [];

    /// <summary>Runs <c>mtt</c> where <c>cuda</c> is the fake card; skips the test where Debian's libtorch is not there.</summary>
    public MttResult Run(string folder, string[] args, string? freeBytes = null)
    {
        Assert.SkipUnless(
            File.Exists("/usr/include/ATen/detail/CUDAHooksInterface.h")
                && File.Exists("/usr/lib/x86_64-linux-gnu/libtorch_cpu.so.1.13"),
            "needs Debian's libtorch 1.13, which has no CUDA half of its own"
        );
        string machine = Path.GetDirectoryName(_library.Value)!;
        string counts = Path.Combine(_folder.Path, "counts");
        ProcessStartInfo start = new(Repository.Mtt, args)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["LD_PRELOAD"] = _library.Value,
                ["LD_LIBRARY_PATH"] = machine,
                ["MTT_LIBTORCH"] = "/usr",
                ["OMP_WAIT_POLICY"] = "passive",
                ["FAKE_CUDA_FOLDER"] = machine,
                ["FAKE_CUDA_SIMT"] = InTests("MultiTurnTrainer.Models.Tests/Kernels/Simt/simt.h"),
                ["FAKE_CUDA_COUNTS"] = counts,
                ["FAKE_CUDA_FREE"] = freeBytes ?? "80000000000",
            },
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Counts = File.Exists(counts)
            ? File.ReadAllLines(counts)
                .Select(line => (Space: line.LastIndexOf(' '), Line: line))
                .ToDictionary(
                    at => at.Line[..at.Space],
                    at =>
                        long.Parse(
                            at.Line.AsSpan(at.Space),
                            NumberStyles.AllowLeadingWhite,
                            CultureInfo.InvariantCulture
                        )
                )
            : [];
        return new MttResult(process.ExitCode, output.Result, error);
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    /// <summary>A file of the tests.</summary>
    public static string InTests(string path) => Path.Combine(Repository.Root, "tests", path);

    private static string Build()
    {
        string source = InTests("MultiTurnTrainer.Cli.Tests/FakeCuda/fake_cuda.cpp");
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(File.ReadAllText(source))))[..16];
        string folder = Path.Combine(AppContext.BaseDirectory, "fake-cuda-" + hash);
        string library = Path.Combine(folder, "libfake_cuda.so");
        if (File.Exists(library))
        {
            return library;
        }

        Directory.CreateDirectory(folder);
        string[] arguments =
        [
            "-std=c++17",
            "-O0",
            "-fPIC",
            "-shared",
            "-w",
            "-I/usr/include/torch/csrc/api/include",
            source,
            "-o",
            library + ".tmp",
            "-ltorch_cpu",
            "-ltorch",
            "-lc10",
            "-ldl",
        ];
        using Process process = Process.Start(new ProcessStartInfo("g++", arguments) { RedirectStandardError = true })!;
        string messages = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, messages);
        File.Move(library + ".tmp", library, overwrite: true);
        // One file is backend, driver and run-time compiler.
        foreach (string name in (string[])["libcuda.so.1", "libnvrtc.so.13"])
        {
            string link = Path.Combine(folder, name);
            File.Delete(link);
            File.CreateSymbolicLink(link, library);
        }

        return library;
    }
}
