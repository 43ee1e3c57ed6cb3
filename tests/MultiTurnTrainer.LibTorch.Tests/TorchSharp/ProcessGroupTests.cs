using MultiTurnTrainer.Files;
using MultiTurnTrainer.LibTorch.Providers;

namespace MultiTurnTrainer.LibTorch.Tests;

/// <summary>TorchSharp binds no process groups.</summary>
public class ProcessGroupTests
{
    [Fact]
    public void Open_Store_IsRefusedByName()
    {
        MttException refused = Assert.Throws<MttException>(() =>
            TcpStore.Open("127.0.0.1", 1, serves: true, TimeSpan.FromSeconds(1))
        );
        Assert.Contains("built on TorchSharp's packages", refused.Message, StringComparison.Ordinal);
    }
}
