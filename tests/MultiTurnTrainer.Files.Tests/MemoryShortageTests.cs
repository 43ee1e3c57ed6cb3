namespace MultiTurnTrainer.Files.Tests;

public class MemoryShortageTests
{
    [Fact]
    public void Is_OnAnotherThread_IsSeenThroughTheAggregate()
    {
        Exception several = new AggregateException(new OperationCanceledException(), new OutOfMemoryException());
        Assert.True(MemoryShortage.Is(several));
        Assert.True(MemoryShortage.Is(new AggregateException(several)));
        Assert.True(MemoryShortage.IsBehind(new MttException("explained", "do so", several)));
    }

    [Fact]
    public void Is_OtherFailures_AreNone()
    {
        Assert.False(MemoryShortage.Is(new AggregateException(new IOException("the disk is gone"))));
        Assert.False(MemoryShortage.Is(new MttException("out of memory said somebody", "so")));
        Assert.True(MemoryShortage.Is(new InvalidOperationException("CUDA error: out of memory")));
    }
}
