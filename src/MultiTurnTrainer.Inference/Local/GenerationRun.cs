using MultiTurnTrainer.Inference.Completions;
using MultiTurnTrainer.Inference.Settings;

namespace MultiTurnTrainer.Inference.Local;

/// <summary>What an endpoint generated, and how fast.</summary>
/// <param name="Prompts">Prompts answered.</param>
/// <param name="NewTokens">Tokens added.</param>
/// <param name="Seconds">From the first request to the last reply.</param>
public sealed record EndpointGeneration(int Prompts, long NewTokens, double Seconds);

/// <summary>Answers a file of prompts, one line of JSON each.</summary>
/// <param name="prompts">The prompts.</param>
/// <param name="options">The model; its template and tokenizer serve an endpoint too.</param>
/// <param name="generation">Limits, sampling, stop tokens, batch size.</param>
public sealed class GenerationRun(GenerationPrompts prompts, LocalModelOptions options, GenerationOptions generation)
{
    /// <summary>Generates with the model in memory.</summary>
    /// <returns>Prompts answered.</returns>
    public int InProcess(Stream output, CancellationToken cancel, out GenerationSpeed speed)
    {
        LocalModel? model = null;
        Generator? generator = null;
        try
        {
            int count = WriteAll(
                output,
                (batch, first) =>
                {
                    // After the first prompts, so that what reading a tokenizer takes is gone before the weights come.
                    model ??= LocalModel.LoadAlone(options);
                    generator ??= new Generator(model.Model);
                    return generator.Generate(batch, generation, model.Adapter, first, cancel);
                }
            );
            speed = generator?.Speed ?? GenerationSpeed.None;
            return count;
        }
        finally
        {
            model?.Dispose();
        }
    }

    /// <summary>Has an OpenAI-compatible server generate, with the adapter loaded into it.</summary>
    /// <param name="output">Receives the lines.</param>
    /// <param name="url">The server's base address.</param>
    /// <param name="servedModel">The base model's name there; null for the folder's path.</param>
    /// <param name="cancel">Ends it.</param>
    public EndpointGeneration OverEndpoint(Stream output, string url, string? servedModel, CancellationToken cancel)
    {
        EndpointSettings endpoint = new()
        {
            BaseUrl = url,
            Model = servedModel,
            MaxConcurrency = generation.BatchSize,
        };
        using RolloutServer server = new(
            new CompletionServer(
                endpoint,
                new RetrySettings(),
                options.Folder,
                Environment.GetEnvironmentVariable,
                TimeProvider.System
            )
            {
                IdLimit = prompts.IdLimit,
            }
        );
        server.Use(options.Adapter);
        long started = Stopwatch.GetTimestamp();
        long tokens = 0;
        int count = WriteAll(
            output,
            (batch, first) =>
            {
                IReadOnlyList<Completion> replies = server.Complete(batch, generation, first, cancel);
                tokens += replies.Sum(reply => (long)reply.Ids.Length);
                return replies;
            }
        );
        return new EndpointGeneration(count, tokens, Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    private int WriteAll(Stream output, Func<int[][], int, IReadOnlyList<Completion>> generate)
    {
        int index = 0;
        foreach (int[][] batch in prompts.Read().Chunk(generation.BatchSize))
        {
            foreach (Completion completion in generate(batch, index))
            {
                Write(output, index++, completion, prompts.Decode(completion));
            }
        }

        return index;
    }

    private static void Write(Stream output, int index, Completion completion, string? text)
    {
        using (Utf8JsonWriter json = new(output, JsonText.Writer))
        {
            json.WriteStartObject();
            json.WriteNumber("index", index);
            json.WriteStartArray("ids");
            foreach (int id in completion.Ids)
            {
                json.WriteNumberValue(id);
            }

            json.WriteEndArray();
            json.WriteString("text", text);
            json.WriteString("finish_reason", completion.FinishReason == FinishReason.Stop ? "stop" : "length");
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }
}
