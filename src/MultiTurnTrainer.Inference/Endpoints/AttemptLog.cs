namespace MultiTurnTrainer.Inference.Endpoints;

/// <summary>What happened to one call on its way: where it went and what failed before it succeeded.</summary>
/// <param name="reserve">Called before every request is sent; throws where a budget forbids it.</param>
internal sealed class AttemptLog(Action reserve)
{
    private readonly List<string> _faults = [];

    /// <summary>Requests sent.</summary>
    public int Requests { get; private set; }

    /// <summary>The endpoint of the latest request.</summary>
    public string? Endpoint { get; private set; }

    /// <summary>The messages of the attempts that failed, oldest first.</summary>
    public IReadOnlyList<string> Faults => _faults;

    public void Starting(string endpoint)
    {
        reserve();
        Endpoint = endpoint;
        Requests++;
    }

    public void Failed(string message) => _faults.Add($"{Endpoint}: {message}");
}
