namespace MultiTurnTrainer.Cli.Commands;

/// <summary>What <c>mtt doctor</c> says of the machine: facts, then a verdict and the next step.</summary>
internal static class DoctorText
{
    private const string BlasRemedy = "apt-get install libopenblas0-pthread";

    private static readonly Table _facts = new("  {0,-9} {1}");

    /// <summary>Writes the report to standard output.</summary>
    /// <param name="model">A model folder whose tokenizer is looked at too.</param>
    public static void Write(string? model)
    {
        Console.Out.WriteLine(VersionText.Own);
        Line("system", $"{RuntimeInformation.OSDescription}, {Environment.ProcessorCount} cores, {Vectors()}");
        Line("runtime", RuntimeInformation.FrameworkDescription);
        Programs();
        Line("provider", TorchRuntime.Provider);
        DoctorVerdict verdict = LibTorch();
        Tokenizer(model);
        Line("verdict", verdict.Verdict);
        Line("next", verdict.Next);
    }

    private static DoctorVerdict LibTorch()
    {
        string subject = "MTT_LIBTORCH";
        try
        {
            if (LibTorchInstallation.TryFind() is not { } installation)
            {
                Line("libtorch", "none");
                return DoctorVerdict.WithoutLibTorch(LibTorchInstallation.Remedy);
            }

            subject = installation.Libraries;
            TorchRuntime.Notice = Console.Error.WriteLine;
            TorchRuntime.Load();
            return Loaded(installation);
        }
        catch (MttException problem)
        {
            Unusable("libtorch", subject, problem);
            return DoctorVerdict.WithoutLibTorch(problem.Remedy);
        }
    }

    private static DoctorVerdict Loaded(LibTorchInstallation installation)
    {
        Line("libtorch", $"{torch.__version__} ({installation.Origin}: {installation.Libraries})");
        (string native, string variable) = TorchRuntime.NativePart(installation);
        Line("native", $"{native} ({variable})");
        (string blas, bool isReference) = Blas();
        Line("blas", blas);
        Line("bf16", TorchRuntime.HasOneDnn ? "oneDNN" : "without oneDNN: bf16 products on the CPU are slow");
        string? compiler = installation.Cuda ? CudaCard.CompilerFile : null;
        if (installation.Cuda)
        {
            Line("nvrtc", compiler ?? "none: it comes with PyTorch's CUDA wheels");
        }

        Line("threads", torch.get_num_threads().ToString(CultureInfo.InvariantCulture));
        int gpus = torch.cuda.device_count();
        Line(
            "device",
            gpus > 0 ? $"cuda, {gpus} GPU{(gpus == 1 ? "" : "s")}"
                : installation.Cuda ? "cpu (no GPU answers)"
                : "cpu"
        );
        return gpus > 0 ? DoctorVerdict.OnGpu(gpus, hasCompiler: compiler is not null)
            : isReference ? DoctorVerdict.OnSlowProcessor(BlasRemedy)
            : DoctorVerdict.OnProcessor(installation.Cuda);
    }

    private static void Tokenizer(string? model)
    {
        if (model is null)
        {
            return;
        }

        Tokenizer tokenizer = Tokenizers.Tokenizer.Load(model);
        Line("tokenizer", $"{Tokenizers.Tokenizer.FileOf(model) ?? model}: {tokenizer.VocabularySize:N0} tokens");
        foreach (string warning in tokenizer.Warnings)
        {
            Line("", warning);
        }
    }

    private static void Line(string what, string state) => Console.Out.WriteLine(_facts.Line(what, state));

    private static string Vectors() =>
        Vector512.IsHardwareAccelerated ? "AVX-512"
        : Vector256.IsHardwareAccelerated ? "AVX2"
        : "SSE";

    private static (string Text, bool IsReference) Blas()
    {
        if (TorchRuntime.HasMkl)
        {
            return ("MKL", false);
        }

        string? file = TorchRuntime.BlasFile();
        string? real = file is null ? null : File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file;
        return real switch
        {
            null => ("inside libtorch", false),
            _ when real.Contains("openblas", StringComparison.OrdinalIgnoreCase) => ($"OpenBLAS ({real})", false),
            _ when real.Contains("libblas", StringComparison.OrdinalIgnoreCase) => (
                $"reference BLAS ({real}): products are 10 times slower; {BlasRemedy}",
                true
            ),
            _ => (real, false),
        };
    }

    /// <summary>What is run and loaded besides libtorch: each file, and who chose it.</summary>
    private static void Programs()
    {
        Line("python", LibTorchInstallation.Pythons().FirstOrDefault() is { } python ? $"{python} (PATH)" : "none");
        try
        {
            (string? compiler, string variable) = TorchRuntime.Compiler;
            Line("compiler", compiler is null ? $"none ({variable}): apt-get install g++" : $"{compiler} ({variable})");
        }
        catch (MttException problem)
        {
            Unusable("compiler", "CXX", problem);
        }

        Line("driver", $"{CudaCard.DriverFile ?? "none"} (system)");
        if (SearchPath.HasOthers("PATH"))
        {
            Line("warning", "PATH has entries that mean the current folder: take them out; mtt passes over them");
        }
    }

    private static void Unusable(string what, string subject, MttException problem)
    {
        Line(what, $"{subject}: cannot be used");
        Line("", problem.Message);
        Line("", problem.Remedy ?? "");
    }
}
