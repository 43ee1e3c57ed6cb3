using MultiTurnTrainer.Synthesis.Prompts;
using MultiTurnTrainer.Synthesis.Settings;

namespace MultiTurnTrainer.Synthesis.Review;

/// <summary>
/// What a run is, on the first line of its journal and of its trace: the settings that shape its replies, the texts of
/// its prompts, and its seeds' hashes. What may change between the parts of a run (limits, prices, endpoints) is not in
/// it, and no key ever is.
/// </summary>
internal sealed record RunHeader(
    string Kind,
    string Tool,
    ReviewSettings Settings,
    IReadOnlyDictionary<string, string> Prompts,
    IReadOnlyList<string> Seeds
)
{
    public const string Name = "mtt review 1";

    public static RunHeader Of(ReviewSettings settings, PromptSet prompts, IReadOnlyList<string> seedPaths) =>
        new(
            Name,
            Manifest.ToolVersion,
            Shape(settings),
            prompts.Texts,
            [.. seedPaths.Select(path => $"{Path.GetFileName(path)} {ContentHash.OfFile(path)}")]
        );

    public byte[] ToBytes() => RecordJson.ToLine(this);

    /// <summary>Reads a header.</summary>
    /// <param name="header">The first line.</param>
    /// <param name="path">The file, for messages.</param>
    public static RunHeader Parse(string header, string path)
    {
        try
        {
            RunHeader read = RecordJson.Read<RunHeader>(header);
            if (read.Kind == Name)
            {
                return read;
            }
        }
        catch (FormatException)
        {
            // Not a header at all: the same remedy.
        }

        throw new MttException(
            $"{path}: the first line is not the header of '{Name}'",
            "Name a trace.jsonl or a folder that mtt review wrote."
        );
    }

    /// <summary>The settings without what cannot change a dialogue.</summary>
    private static ReviewSettings Shape(ReviewSettings settings)
    {
        ReviewSettings defaults = new();
        return settings with
        {
            Candidate = settings.Candidate with { Endpoints = [] },
            Chairman = settings.Chairman with { Endpoints = [] },
            Reviewers = [.. settings.Reviewers.Select(reviewer => reviewer with { Endpoints = [] })],
            Prompts = null,
            Endpoints = defaults.Endpoints,
            Retry = defaults.Retry,
            Prices = defaults.Prices,
            Budget = defaults.Budget,
            Concurrency = defaults.Concurrency,
            Cache = null,
        };
    }
}
