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

        manifest.Options["review"] = JsonSerializer.SerializeToNode(header.Settings, CallJson.Options);
        JsonObject hashes = [];
        foreach ((string name, string text) in prompts.Texts)
        {
            hashes[name] = ContentHash.Of(System.Text.Encoding.UTF8.GetBytes(text));
        }

        manifest.Options["prompts"] = new JsonObject { ["sha256"] = prompts.Hash, ["files"] = hashes };
        return manifest;
    }
}
