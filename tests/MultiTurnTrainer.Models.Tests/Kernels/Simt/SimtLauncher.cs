using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using MultiTurnTrainer.Models.Kernels.Cuda;

namespace MultiTurnTrainer.Models.Tests.Kernels.Simt;

/// <summary>Runs the text of the <c>.cu</c> files, compiled by g++ against simt.h, over tensors in the processor's memory.</summary>
internal sealed unsafe class SimtLauncher : IKernelLauncher
{
    private static readonly Lazy<nint> _library = new(Build);

    public void Launch(string kernel, long blocks, int threads, ReadOnlySpan<nint> arguments)
    {
        var function = (delegate* unmanaged<long, uint, nint*, int>)
            NativeLibrary.GetExport(_library.Value, "simt_" + kernel);
        fixed (nint* parameters = arguments)
        {
            // One block at a time: the machine has one set of shared memory.
            lock (_library)
            {
                Assert.Equal(0, function(blocks, (uint)threads, parameters));
            }
        }
    }

    private static nint Build()
    {
        string text = CudaKernels.Source();
        string header = Path.Combine(Repository.Root, "tests/MultiTurnTrainer.Models.Tests/Kernels/Simt/simt.h");
        string exports = string.Join(
            '\n',
            Regex
                .Matches(text, @"extern ""C"" __global__ void (\w+)")
                .Select(match => $"SIMT_EXPORT({match.Groups[1].Value})")
        );
        string source = $"#include \"{header}\"\n{text}\n{exports}\n";
        string key = source + File.ReadAllText(header);
        string name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..16];
        string folder = Path.Combine(AppContext.BaseDirectory, "simt");
        Directory.CreateDirectory(folder);
        string library = Path.Combine(folder, name + ".so");
        if (!File.Exists(library))
        {
            string file = Path.Combine(folder, name + ".cpp");
            File.WriteAllText(file, source);
            using Process process = Process.Start(
                new ProcessStartInfo(
                    "g++",
                    [
                        "-std=c++17",
                        "-O2",
                        "-fPIC",
                        "-shared",
                        "-Wall",
                        "-Wno-unknown-pragmas",
                        file,
                        "-o",
                        library + ".tmp",
                    ]
                )
                {
                    RedirectStandardError = true,
                }
            )!;
            string messages = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, messages);
            File.Move(library + ".tmp", library, overwrite: true);
        }

        return NativeLibrary.Load(library);
    }
}
