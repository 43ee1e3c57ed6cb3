namespace MultiTurnTrainer.Hub.Client;

/// <summary>Where the hub is, where its files are kept, and who asks: what HuggingFace's own variables say.</summary>
public sealed record HubSettings
{
    /// <summary>The hub's address, without a slash at the end.</summary>
    public string Endpoint { get; init; } = "https://huggingface.co";

    /// <summary>The cache's folder, the same as transformers'.</summary>
    public required string Cache { get; init; }

    /// <summary>The token, sent to the endpoint's host and to no other; null for none.</summary>
    public string? Token { get; init; }

    /// <summary>Whether nothing may be asked of the network.</summary>
    public bool Offline { get; init; }

    /// <summary>Whether files are copied into snapshots instead of linked.</summary>
    public bool Copies { get; init; }

    /// <summary>How long an answer, or the next bytes of one, may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the first wait before another try is; each further one is twice as long.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Tries of one request, and of one piece of a file without any byte arriving.</summary>
    public int Tries { get; init; } = 5;

    /// <summary>Bytes of a file that are asked for at a time.</summary>
    public int PieceBytes { get; init; } = 32 << 20;

    /// <summary>Files, and pieces of each, that are fetched at the same time.</summary>
    public int Parallel { get; init; } = 4;

    /// <summary>The bytes that are free where a path lies.</summary>
    internal Func<string, long> FreeBytes { get; init; } = path => new DriveInfo(path).AvailableFreeSpace;

    /// <summary>Finds and reaches hosts.</summary>
    internal NetworkAccess Network { get; init; } = new();

    /// <summary>Reads HuggingFace's environment variables.</summary>
    /// <param name="variable">A variable's value, or null.</param>
    /// <exception cref="MttException">A variable is not usable.</exception>
    public static HubSettings FromEnvironment(Func<string, string?> variable)
    {
        string home =
            Value("HF_HOME")
            ?? Path.Combine(Value("XDG_CACHE_HOME") ?? Path.Combine(Value("HOME") ?? "/", ".cache"), "huggingface");
        HubSettings settings = new()
        {
            Cache = Value("HF_HUB_CACHE") ?? Value("HUGGINGFACE_HUB_CACHE") ?? Path.Combine(home, "hub"),
            Token = IsSet("HF_HUB_DISABLE_IMPLICIT_TOKEN")
                ? null
                : Value("HF_TOKEN")
                    ?? Value("HUGGING_FACE_HUB_TOKEN")
                    ?? ReadToken(Value("HF_TOKEN_PATH") ?? Path.Combine(home, "token")),
            Offline = IsSet("HF_HUB_OFFLINE") || IsSet("TRANSFORMERS_OFFLINE"),
            Copies = IsSet("HF_HUB_DISABLE_SYMLINKS"),
        };
        if (Value("HF_ENDPOINT") is { } endpoint)
        {
            settings = settings with { Endpoint = RequireAddress(endpoint.TrimEnd('/')) };
        }

        return Value("HF_HUB_DOWNLOAD_TIMEOUT") is { } text
            ? settings with
            {
                Timeout =
                    double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds)
                    && seconds is > 0 and < 1e6
                        ? TimeSpan.FromSeconds(seconds)
                        : throw new MttException(
                            $"HF_HUB_DOWNLOAD_TIMEOUT is '{text}'",
                            "Set it to a number of seconds, such as 10."
                        ),
            }
            : settings;

        string? Value(string name) => variable(name) is { } given && given.Trim() is { Length: > 0 } text ? text : null;

        bool IsSet(string name) => Value(name)?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";
    }

    private static string RequireAddress(string endpoint) =>
        Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https"
            ? endpoint
            : throw new MttException(
                $"HF_ENDPOINT is '{endpoint}', which is no address",
                "Set it to one such as https://huggingface.co, or unset it."
            );

    private static string? ReadToken(string path)
    {
        try
        {
            return File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } token ? token : null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw InputFile.Unreadable(path, problem);
        }
    }
}
