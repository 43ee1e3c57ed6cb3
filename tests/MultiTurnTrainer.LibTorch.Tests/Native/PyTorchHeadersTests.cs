using MultiTurnTrainer.Files;
using MultiTurnTrainer.LibTorch.Native;

namespace MultiTurnTrainer.LibTorch.Tests.Native;

/// <summary>The native part compiles against the headers of PyTorch versions that this machine does not have.</summary>
public class PyTorchHeadersTests
{
    [Theory]
    [InlineData("2.13.0")]
    [InlineData("2.14.1")]
    public void NativePart_AgainstNewerHeaders_Compiles(string version)
    {
        string archive = SharedData.Path("torch-headers", $"{version}.tar.xz");
        using TempFolder folder = new();
        Run(Programs.Find("tar")!, "xJf", archive, "-C", folder.Path);
        string source = Path.Combine(Repository.Root, "src/MultiTurnTrainer.LibTorch/Native/Cpp/mtt_torch.cpp");

        Run(
            NativeBuild.Compiler!,
            "-std=c++20",
            "-fsyntax-only",
            "-w",
            $"-I{folder["include"]}",
            $"-I{folder["include/torch/csrc/api/include"]}",
            source
        );
    }

    private static void Run(string program, params string[] arguments)
    {
        ProgramResult result = Programs.Run(program, arguments);
        Assert.True(result.Code == 0, result.Errors);
    }
}
