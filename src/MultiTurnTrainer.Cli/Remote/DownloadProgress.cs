namespace MultiTurnTrainer.Cli.Remote;

/// <summary>What is fetched or sent: its size before, a bar with the rate meanwhile in a terminal, the time it took at the end.</summary>
internal sealed class DownloadProgress : IHubObserver, IDisposable
{
    private const int BarWidth = 30;
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(0.2);

    private readonly Lock _lock = new();
    private readonly bool _terminal = !Console.IsErrorRedirected;
    private readonly TimeProvider _time = TimeProvider.System;
    private string? _repository;
    private long _started;
    private long _shown;
    private long _total;
    private long _arrived;
    private long _before;

    public void Planned(string repository, int files, long bytes)
    {
        lock (_lock)
        {
            Console.Error.WriteLine($"{repository}: {Counted.Of(files, "file")}, {Size(bytes)}");
            _repository = repository;
            _started = _shown = _time.GetTimestamp();
            (_total, _arrived, _before) = (bytes, 0, 0);
        }
    }

    public void Received(long bytes)
    {
        lock (_lock)
        {
            if (_repository is null)
            {
                return;
            }

            // What an earlier process fetched is no measure of the rate.
            _before += _time.GetElapsedTime(_started) < TimeSpan.FromMilliseconds(1) ? bytes : 0;
            _arrived += bytes;
            if (_terminal && _time.GetElapsedTime(_shown) > _pause)
            {
                _shown = _time.GetTimestamp();
                Console.Error.Write($"\r{Bar()} {Size(_arrived)} of {Size(_total)}, {Rate()}\u001b[K");
            }
        }
    }

    public void Noted(string text) => Console.Error.WriteLine($"note: {text}");

    public void Dispose()
    {
        lock (_lock)
        {
            if (_repository is null)
            {
                return;
            }

            string start = _terminal ? "\r\u001b[K" : "";
            TimeSpan took = _time.GetElapsedTime(_started);
            string state = _arrived >= _total ? "all there" : Invariant($"{Size(_arrived)} kept for the next try");
            Console.Error.WriteLine(
                Invariant($"{start}{_repository}: {state} after {took.TotalSeconds:F1} s, {Rate()}")
            );
        }
    }

    private string Bar()
    {
        int full = _total == 0 ? BarWidth : (int)Math.Clamp(_arrived * BarWidth / _total, 0, BarWidth);
        return $"[{new string('#', full)}{new string('.', BarWidth - full)}]";
    }

    private string Rate()
    {
        double seconds = Math.Max(_time.GetElapsedTime(_started).TotalSeconds, 1e-3);
        return $"{Size((long)((_arrived - _before) / seconds))}/s";
    }

    private static string Size(long bytes) =>
        Math.Abs(bytes) switch
        {
            < 1000 => $"{bytes} B",
            < 1_000_000 => Invariant($"{bytes / 1e3:F1} kB"),
            < 1_000_000_000 => Invariant($"{bytes / 1e6:F1} MB"),
            _ => Invariant($"{bytes / 1e9:F2} GB"),
        };
}
