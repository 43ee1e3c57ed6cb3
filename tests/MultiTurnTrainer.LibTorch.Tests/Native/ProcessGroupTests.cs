using MultiTurnTrainer.LibTorch.Providers;
using TorchSharp;

namespace MultiTurnTrainer.LibTorch.Tests.Native;

/// <summary>libtorch's store and its collectives.</summary>
public class ProcessGroupTests
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(20);

    [Fact]
    public void TcpStore_OneServesAndOneIsAClient_ShareValues()
    {
        int port = PostgresServer.FreePort();
        using TcpStore server = TcpStore.Open("127.0.0.1", port, serves: true, _limit);
        using TcpStore client = TcpStore.Open("127.0.0.1", port, serves: false, _limit);
        byte[] value = [0, 1, 255];

        Assert.False(client.Has("key"));
        server.Set("key", value);
        Assert.True(client.Has("key"));
        Assert.Equal(value, client.Get("key"));
        client.Set("empty", []);
        Assert.Empty(server.Get("empty"));
        client.Remove("key");
        Assert.False(server.Has("key"));
    }

    /// <summary>Two members of a group, each on a thread of its own.</summary>
    [Fact]
    public async Task GlooGroup_Two_AddAndCopy()
    {
        int port = PostgresServer.FreePort();
        using TcpStore server = TcpStore.Open("127.0.0.1", port, serves: true, _limit);

        float[][] ended = await Task.WhenAll(Task.Run(() => Member(0)), Task.Run(() => Member(1)));

        Assert.All(ended, values => Assert.Equal([3, 30, 1, 10], values));

        float[] Member(int rank)
        {
            using DisposeScope scope = torch.NewDisposeScope();
            using TcpStore own = TcpStore.Open("127.0.0.1", port, serves: false, _limit);
            using GlooGroup group = GlooGroup.Open(own, "group", rank, 2, "lo", _limit);
            torch.Tensor sum = torch.tensor((float[])[1 + rank, 10 + (10 * rank)]);
            torch.Tensor first = torch.tensor((float[])[1 + rank, 10 + (10 * rank)]);
            group.AllReduce(sum);
            group.Broadcast(first);
            return [.. sum.data<float>().ToArray(), .. first.data<float>().ToArray()];
        }
    }

    [Fact]
    public void TcpStore_WhereNobodyServes_SaysSo()
    {
        Assert.ThrowsAny<System.Runtime.InteropServices.ExternalException>(() =>
            TcpStore.Open("127.0.0.1", PostgresServer.FreePort(), serves: false, TimeSpan.FromSeconds(1))
        );
    }
}
