using MultiTurnTrainer.Synthesis.Prompts;

namespace MultiTurnTrainer.Synthesis.Review;

/// <summary>The manifest beside the conversations: seeds, settings, and every prompt by its hash.</summary>
internal static class ReviewManifest
{
    public static Manifest Of(RunHeader header, IReadOnlyList<string> seeds, PromptSet prompts)
    {
        Manifest manifest = new("review");
        foreach (string path in seeds)
        {
            manifest.AddInput("seeds", path);
        }

        manifest.Options["review"] = RecordJson.ToValue(header.Settings);
        manifest.Options["prompts"] = new
        {
            sha256 = prompts.Hash,
            files = prompts.Texts.ToDictionary(
                prompt => prompt.Key,
                prompt => ContentHash.Of(Encoding.UTF8.GetBytes(prompt.Value))
            ),
        };
        return manifest;
    }
}
