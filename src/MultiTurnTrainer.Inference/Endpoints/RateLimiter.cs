namespace MultiTurnTrainer.Inference.Endpoints;

/// <summary>
/// Spaces calls so that no more than a given amount passes per minute, by one number: the moment at which everything
/// granted so far is paid for. A tenth of a minute's amount may go at once.
/// </summary>
/// <param name="perMinute">The amount per minute.</param>
/// <param name="time">The clock.</param>
internal sealed class RateLimiter(double perMinute, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly long _started = time.GetTimestamp();
    private readonly double _secondsPerUnit = 60 / perMinute;
    private const double Burst = 6;
    private double _paidUntil = -Burst;

    /// <summary>Takes an amount and says how long to wait before using it.</summary>
    public TimeSpan Take(double amount)
    {
        lock (_lock)
        {
            double now = time.GetElapsedTime(_started).TotalSeconds;
            double start = Math.Max(_paidUntil, now - Burst);
            _paidUntil = start + (amount * _secondsPerUnit);
            return TimeSpan.FromSeconds(Math.Max(0, start - now));
        }
    }

    /// <summary>Corrects an estimate once the true amount is known.</summary>
    public void Correct(double difference)
    {
        lock (_lock)
        {
            _paidUntil += difference * _secondsPerUnit;
        }
    }
}
