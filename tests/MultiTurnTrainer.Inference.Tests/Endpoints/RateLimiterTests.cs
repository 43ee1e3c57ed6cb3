using MultiTurnTrainer.Inference.Endpoints;

namespace MultiTurnTrainer.Inference.Tests.Endpoints;

public class RateLimiterTests
{
    [Fact]
    public void Take_MoreThanTheRate_IsSpaced()
    {
        ManualTime time = new();
        RateLimiter limiter = new(perMinute: 60, time);
        double[] delays = [.. Enumerable.Range(0, 9).Select(_ => limiter.Take(1).TotalSeconds)];

        // Six seconds' worth at once, then one a second.
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 1, 2], delays);
        time.Advance(TimeSpan.FromSeconds(100));
        Assert.Equal(0, limiter.Take(1).TotalSeconds);
    }

    [Fact]
    public void Correct_LessUsedThanTaken_GivesBack()
    {
        ManualTime time = new();
        RateLimiter limiter = new(perMinute: 60, time);
        limiter.Take(100);
        limiter.Correct(-98);
        Assert.Equal(0, limiter.Take(1).TotalSeconds);
    }

    private sealed class ManualTime : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(TimeSpan by) => _ticks += by.Ticks;
    }
}
