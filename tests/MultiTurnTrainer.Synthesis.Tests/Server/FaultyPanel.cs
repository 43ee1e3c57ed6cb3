using System.Collections.Concurrent;
using MultiTurnTrainer.Inference.Tests.Server;

namespace MultiTurnTrainer.Synthesis.Tests.Server;

/// <summary>Plays all roles, and fails a share of the requests in every way a server can.</summary>
internal sealed class FaultyPanel(int seed, double share)
{
    private readonly Random _random = new(seed);
    private readonly Lock _lock = new();

    /// <summary>Good answers by request body, repairs left out.</summary>
    public ConcurrentDictionary<string, int> Answered { get; } = new();

    /// <summary>Faults by kind.</summary>
    public ConcurrentDictionary<string, int> Injected { get; } = new();

    public Answer Play(Received request)
    {
        double draw;
        lock (_lock)
        {
            draw = _random.NextDouble() / share;
        }

        // A reply without its tag is repaired by a call that says so; that one gets a good answer.
        bool repair = request.Messages[^1].Content.Contains("could not be read", StringComparison.Ordinal);
        string fault = (int)(draw * 8) switch
        {
            0 => "500",
            1 => "429",
            2 => "cut",
            3 => "malformed",
            4 => "time-out",
            5 => "slow drip",
            6 when !repair => "tags missing",
            7 when !repair => "empty",
            _ => "",
        };
        if (fault.Length > 0)
        {
            Injected.AddOrUpdate(fault, 1, (_, count) => count + 1);
        }
        else if (!repair)
        {
            Answered.AddOrUpdate(request.Body.GetRawText(), 1, (_, count) => count + 1);
        }

        return fault switch
        {
            "500" => Answers.Status(500),
            "429" => Answers.Status(429, "", "0.05"),
            "cut" => Answers.Cut(),
            "malformed" => Answers.Raw("{\"choices\": [{"),
            "time-out" => Answers.Hang(),
            "slow drip" => Answers.Drip(),
            "tags missing" => Answers.Text("I have no tags."),
            "empty" => Answers.Text(""),
            _ => Panel.Play(request),
        };
    }
}
