using MultiTurnTrainer.Serving.Http;
using MultiTurnTrainer.Serving.Running;
using MultiTurnTrainer.Serving.Upstreams;

namespace MultiTurnTrainer.Serving.ResponsesApi;

/// <summary>Gives a turn as the events of the Responses API.</summary>
/// <param name="stream">The client.</param>
/// <param name="live">The turn.</param>
internal sealed class ResponseStream(EventStream stream, LiveTurn live)
{
    private readonly AnswerBuilder _answer = new();
    private int _number;
    private bool _isOpen;

    /// <summary>The first events: the response has begun.</summary>
    public async Task BeginAsync()
    {
        await SendAsync("response.created", Response("in_progress", [])).ConfigureAwait(false);
        await SendAsync("response.in_progress", Response("in_progress", [])).ConfigureAwait(false);
        foreach (Notice notice in live.Context?.Plan.Notices ?? [])
        {
            await SendAsync("context.notice", new JsonObject { ["code"] = notice.Code, ["text"] = notice.Text })
                .ConfigureAwait(false);
        }
    }

    /// <summary>What is new.</summary>
    public async Task AddAsync(JsonView chunk)
    {
        int before = _answer.Text.Length;
        _answer.Add((JsonObject)Json.Node(chunk));
        if (_answer.Text.Length == before)
        {
            return;
        }

        if (!_isOpen)
        {
            _isOpen = true;
            await SendAsync(
                    "response.output_item.added",
                    Place("item", ResponseItems.Message(live.Turn.Id, "assistant", "", "in_progress"), 0)
                )
                .ConfigureAwait(false);
            await SendAsync("response.content_part.added", PartPlace("part", ResponseItems.Part("")))
                .ConfigureAwait(false);
        }

        JsonObject delta = PartPlace("delta", _answer.Text[before..]);
        delta["logprobs"] = new JsonArray();
        await SendAsync("response.output_text.delta", delta).ConfigureAwait(false);
    }

    /// <summary>The last events: the response is whole.</summary>
    public async Task EndAsync(SessionState state)
    {
        JsonArray output = [];
        int index = 0;
        foreach (JsonObject item in ResponseItems.ToItems(_answer.Message(), live.Turn.Id))
        {
            await SendItemAsync(item, index++).ConfigureAwait(false);
            output.Add((JsonNode)item);
        }

        JsonObject ended = ResponseJson.Ended(state, state.FindTurn(live.Turn.Id)!);
        ended["output"] = output;
        ended["usage"] = ResponseJson.Usage(_answer.Usage);
        string name = (string?)ended["status"] == "incomplete" ? "response.incomplete" : "response.completed";
        await SendAsync(name, new JsonObject { ["response"] = ended }).ConfigureAwait(false);
    }

    /// <summary>The last event where the answer broke off.</summary>
    public Task FailAsync(ApiException problem)
    {
        JsonArray output =
            _answer.Text.Length == 0
                ? []
                : new JsonArray(ResponseItems.Message(live.Turn.Id, "assistant", _answer.Text, "incomplete"));
        JsonObject failed = Response("failed", output);
        failed["response"]!["error"] = new JsonObject { ["code"] = problem.Code, ["message"] = problem.Message };
        return SendAsync("response.failed", failed);
    }

    private async Task SendItemAsync(JsonObject item, int index)
    {
        if ((string?)item["type"] == "message")
        {
            if (_isOpen)
            {
                await SendAsync("response.output_text.done", PartPlace("text", _answer.Text)).ConfigureAwait(false);
                await SendAsync("response.content_part.done", PartPlace("part", ResponseItems.Part(_answer.Text)))
                    .ConfigureAwait(false);
            }
        }
        else
        {
            JsonObject begun = (JsonObject)item.DeepClone();
            begun["status"] = "in_progress";
            begun["arguments"] = "";
            await SendAsync("response.output_item.added", Place("item", begun, index)).ConfigureAwait(false);
            foreach ((string name, string member) in new[] { ("delta", "delta"), ("done", "arguments") })
            {
                JsonObject part = Place(member, item["arguments"]!.DeepClone(), index);
                part["item_id"] = item["id"]!.DeepClone();
                await SendAsync($"response.function_call_arguments.{name}", part).ConfigureAwait(false);
            }
        }

        await SendAsync("response.output_item.done", Place("item", item.DeepClone(), index)).ConfigureAwait(false);
    }

    private JsonObject Response(string status, JsonArray output) =>
        new() { ["response"] = ResponseJson.Of(live.Turn, live.State.Id, live.Model, status, output) };

    private static JsonObject Place(string name, JsonNode value, int index) =>
        new() { ["output_index"] = index, [name] = value };

    private JsonObject PartPlace(string name, JsonNode value) =>
        new()
        {
            ["item_id"] = $"msg_{live.Turn.Id}",
            ["output_index"] = 0,
            ["content_index"] = 0,
            [name] = value,
        };

    private Task SendAsync(string type, JsonObject data)
    {
        data["type"] = type;
        data["sequence_number"] = _number++;
        return stream.SendAsync(data, type);
    }
}
