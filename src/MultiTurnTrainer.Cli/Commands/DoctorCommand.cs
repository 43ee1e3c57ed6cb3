using MultiTurnTrainer.Cli.Remote;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt doctor</c>: the state of the machine, and on request of the kernels on its device.</summary>
internal static class DoctorCommand
{
    private const string _help = """
        Report what this machine has and what is missing; the last lines say what works and what to do next.

        Examples:
          mtt doctor
          mtt doctor --kernels --device cuda
          mtt doctor --head 8192,128256,4096,1,0.25
          mtt doctor --step SmolLM2-135M --rows rows.parquet
          mtt doctor --model Qwen3-0.6B
          mtt doctor --tokenizer Qwen3-0.6B --texts texts.jsonl
        """;

    private static readonly Table _checks = new("{0,-5} {1,-38} {2,-20} {3,-18} {4:0.0e+00} of {5:0.0e+00}");
    private static readonly Table _timings = new("{0,-24} {1,-9} {2,-16} {3,8:0.00} ms {4,8:0.00} ms {5,6:0.00}x");
    private static readonly Table _heads = new("p={0,-5} {1,9:0.00} ms  {2,7:0.00} TFLOP/s{3}{4}");

    private static readonly Option<bool> _kernels = new("--kernels")
    {
        Description = "Check every kernel of the device against double precision, and time it beside plain operators.",
    };
    private static readonly Option<string> _device = new("--device")
    {
        Description = "Where to compute; default: cuda where there is one.",
        HelpName = "cpu|cuda|cuda:N",
    };
    private static readonly Option<string> _head = new("--head")
    {
        HelpName = "N,V,H[,P…]",
        Description =
            "Time the loss head: rows, vocabulary, width, shares of supervised rows, such as 8192,128256,4096,1,0.5,0.25,0.1.",
    };
    private static readonly Option<string?> _step = new("--step")
    {
        HelpName = "MODEL",
        Description =
            "Time a training step of this model folder on the processor beside its products of matrices alone, in both types and at several shares of supervised tokens.",
    };
    private static readonly Option<string?> _rows = new("--rows")
    {
        HelpName = "FILE",
        Description = "Token rows for --step.",
    };
    private static readonly Option<string> _dtype = CommonOptions.Choice(
        "--dtype",
        "Element type of --head.",
        "bfloat16",
        "bfloat16",
        "float32"
    );
    private static readonly Option<string?> _model = CommonOptions.ModelFolder(
        "Also look at the tokenizer of this model folder."
    );
    private static readonly Option<string?> _tokenizer = new("--tokenizer")
    {
        Description = "Time how fast the tokenizer of this folder encodes the texts of --texts.",
        HelpName = "DIR",
    };
    private static readonly Option<string?> _texts = new("--texts")
    {
        Description = "JSON Lines of {\"text\"}, for --tokenizer.",
        HelpName = "FILE",
    };

    public static Command Create()
    {
        Command command = new("doctor", _help)
        {
            _kernels,
            _device,
            _head,
            _dtype,
            _step,
            _rows,
            _model,
            _tokenizer,
            _texts,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        (string? tokenizer, string? texts) = (parsed.GetValue(_tokenizer), parsed.GetValue(_texts));
        if (tokenizer is not null || texts is not null)
        {
            EncodeTimingText.Write(
                tokenizer ?? throw new MttException("--texts needs a tokenizer", "Give --tokenizer DIR."),
                texts ?? throw new MttException("--tokenizer needs texts", "Give --texts FILE.")
            );
            return ExitCode.Done;
        }

        (string? step, string? rows) = (parsed.GetValue(_step), parsed.GetValue(_rows));
        if (step is not null || rows is not null)
        {
            StepCostText.Write(
                step ?? throw new MttException("--rows needs a model to train", "Give --step MODEL."),
                rows
                    ?? throw new MttException(
                        "--step needs rows to train on",
                        "Give --rows FILE: what mtt mask writes."
                    )
            );
            return ExitCode.Done;
        }

        bool kernels = parsed.GetValue(_kernels);
        string? head = parsed.GetValue(_head);
        if (kernels || head is not null)
        {
            return CheckDevice(parsed.GetValue(_device), kernels, head, parsed.GetValue(_dtype)!);
        }

        DoctorText.Write(RemoteInputs.Folder(parsed.GetValue(_model), ModelNeed.Tokenizer));
        return ExitCode.Done;
    }

    private static int CheckDevice(string? name, bool kernels, string? head, string dtype)
    {
        TorchRuntime.Notice = Console.Error.WriteLine;
        TorchRuntime.Load();
        torch.Device device = ComputeDevice.Find(name);
        bool passed = true;
        if (kernels)
        {
            Console.Out.WriteLine(
                $"kernels on {device}, libtorch {torch.__version__}: largest error against double precision"
            );
            foreach (KernelCheckResult result in KernelCheck.Run(device))
            {
                passed &= result.Passed;
                Console.Out.WriteLine(
                    _checks.Line(
                        result.Passed ? "ok" : "FAIL",
                        result.Kernel,
                        result.Type,
                        result.Shape,
                        result.Error,
                        result.Tolerance
                    )
                );
            }

            Console.Out.WriteLine("forward and backward, in plain operators and in the kernel's backend here");
            foreach (KernelTimingResult result in KernelTiming.Run(device))
            {
                Console.Out.WriteLine(
                    _timings.Line(
                        result.Kernel,
                        result.Type,
                        result.Shape,
                        result.ComposedMilliseconds,
                        result.Milliseconds,
                        result.Gain
                    )
                );
            }
        }

        if (head is not null)
        {
            TimeHead(head, dtype, device);
        }

        return passed ? ExitCode.Done : ExitCode.Findings;
    }

    private static void TimeHead(string head, string dtype, torch.Device device)
    {
        double[] numbers;
        try
        {
            numbers = Array.ConvertAll(head.Split(','), part => double.Parse(part, CultureInfo.InvariantCulture));
        }
        catch (FormatException problem)
        {
            throw new MttException(
                $"--head {head} is not a list of numbers",
                "Write --head 8192,128256,4096,1,0.25.",
                problem
            );
        }

        if (numbers.Length < 3 || Array.Exists(numbers, number => number <= 0))
        {
            throw new MttException($"--head {head} needs N,V,H", "Write --head 8192,128256,4096,1,0.25.");
        }

        torch.ScalarType type = dtype switch
        {
            "bfloat16" => torch.bfloat16,
            "float32" => torch.float32,
            _ => throw new MttException($"--dtype {dtype}: is not known", "Give bfloat16 or float32."),
        };
        Console.Out.WriteLine(
            $"head N={numbers[0]} V={numbers[1]} H={numbers[2]} {dtype}, frozen, on {device}: forward and backward"
        );
        foreach (double share in numbers.Length > 3 ? numbers[3..] : [1.0, 0.25])
        {
            HeadTimingResult result = HeadTiming.Run(
                (long)numbers[0],
                (long)numbers[1],
                (long)numbers[2],
                share,
                type,
                device
            );
            string workspace = result.WorkspaceBytes is { } bytes ? Invariant($", {bytes / 1e6:0} MB workspace") : "";
            string eager = result.EagerMilliseconds is { } time
                ? Invariant($"; filtered linear + cross_entropy {time:0.00} ms ({time / result.Milliseconds:0.00}x)")
                : "; filtered linear + cross_entropy out of memory";
            Console.Out.WriteLine(_heads.Line(share, result.Milliseconds, result.Teraflops, workspace, eager));
        }
    }
}
